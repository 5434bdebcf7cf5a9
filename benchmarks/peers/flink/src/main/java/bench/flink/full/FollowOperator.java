package bench.flink.full;

import bench.full.Customer;
import bench.full.Event;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/** The rule, and at the end of the input what is known of each customer. */
final class FollowOperator extends KeyedProcessOperator<String, Event, Told> {
    private final ValueStateDescriptor<Customer> descriptor;

    FollowOperator(ValueStateDescriptor<Customer> descriptor) {
        super(new Follow(descriptor));
        this.descriptor = descriptor;
    }

    @Override
    public void finish() throws Exception {
        super.finish();
        this.<String>getKeyedStateBackend()
                .applyToAllKeys(
                        VoidNamespace.INSTANCE,
                        VoidNamespaceSerializer.INSTANCE,
                        descriptor,
                        (name, state) -> tell(state));
    }

    private void tell(ValueState<Customer> state) throws Exception {
        output.collect(new StreamRecord<>(new Told(null, state.value())));
    }
}
