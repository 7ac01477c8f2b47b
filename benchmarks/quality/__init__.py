"""How full a fleet gets before anything is refused: our policy, others, and bounds."""
