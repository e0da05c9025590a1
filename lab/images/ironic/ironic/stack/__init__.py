"""What the entry points of the Ironic image share: settings from the environment, and configuration files made of them."""
