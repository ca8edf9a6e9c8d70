//! Adapters of the agent's ports, by operating system
