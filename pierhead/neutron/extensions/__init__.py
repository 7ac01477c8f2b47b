"""What Neutron's ``api_extensions_path`` points to: one API extension a file."""
