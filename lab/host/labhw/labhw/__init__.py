"""Hardware manager of ironic-python-agent for a container that stands for a bare-metal host."""
