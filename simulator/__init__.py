"""Amazon Personalize, simulated in process."""
