"""The wire: requests and answers in the shapes of the botocore model, and the ties to moto and botocore."""
