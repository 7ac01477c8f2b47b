"""The daemon with the Linux wiring: its own networks, on bridges and VLANs of this host."""
