"""The demonstration: payments and decisions through a real Kafka, watched live."""
