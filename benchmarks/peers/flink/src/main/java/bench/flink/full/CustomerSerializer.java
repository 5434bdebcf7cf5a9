package bench.flink.full;

import bench.full.Customer;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;

/** Customers as bytes, and copies of those that a checkpoint still needs as they were. */
public final class CustomerSerializer extends Packed<Customer> {
    @Override
    byte[] pack(Customer customer) {
        return customer.toBytes();
    }

    @Override
    Customer unpack(byte[] bytes) {
        return Customer.of(bytes);
    }

    @Override
    public Customer copy(Customer from) {
        return from.copy();
    }

    @Override
    public TypeSerializerSnapshot<Customer> snapshotConfiguration() {
        return new Snapshot();
    }

    /** There is one version so far. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<Customer> {
        public Snapshot() {
            super(CustomerSerializer::new);
        }
    }
}
