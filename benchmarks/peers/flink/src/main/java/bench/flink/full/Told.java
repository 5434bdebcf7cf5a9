package bench.flink.full;

import bench.full.Customer;
import bench.full.Output;

/** What goes out: an output, or in the end what is known of a customer. */
record Told(Output output, Customer known) {}
