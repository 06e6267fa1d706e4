"""Virtual data: Avro schema rules, CSV files, interaction stores, exports."""
