"""The clients of Kafka: each on threads of its own, telling facts."""
