"""The ends of devices' wires on this host: for any driver whose devices run here."""
