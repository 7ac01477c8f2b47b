"""The control plane as three processes, with RabbitMQ and PostgreSQL."""
