"""What an event costs, by measures that hold on a busy machine; see docs/performance.md."""
