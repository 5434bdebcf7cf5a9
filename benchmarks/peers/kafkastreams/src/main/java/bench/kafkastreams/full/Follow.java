package bench.kafkastreams.full;

import bench.full.Customer;
import bench.full.Event;
import bench.full.Output;
import bench.rule.Marks;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * The rule over one partition's store.
 *
 * <p>The store takes bytes at every event, and gives them back. Who was looked at last is kept as
 * an object beside it, so that nobody need be decoded twice; what is put is what is kept.
 */
final class Follow implements Processor<String, Event, String, Output> {
    static final String STORE = "contexts";

    private final CountDownLatch last;
    private final int most;
    private final Map<String, Customer> decoded;
    private final Dues dues = new Dues();
    private final Consumer<Output> emit = this::emit;
    private ProcessorContext<String, Output> processor;
    private KeyValueStore<String, Customer> contexts;

    Follow(CountDownLatch last, int most) {
        this.last = last;
        this.most = most;
        decoded = new LinkedHashMap<>(1 << 12, 0.75f, true);
    }

    @Override
    public void init(ProcessorContext<String, Output> context) {
        processor = context;
        contexts = context.getStateStore(STORE);
        try (KeyValueIterator<String, Customer> restored = contexts.all()) {
            restored.forEachRemaining(entry -> dues.restore(entry.value));
        }
    }

    @Override
    public void process(Record<String, Event> record) {
        Event event = record.value();
        event.clock = processor.currentStreamTimeMs();
        while (dues.isReached(event.clock)) {
            lookAt(dues.time(), dues.take(), event.clock);
        }
        Customer customer = find(event.customer);
        if (customer.follow(event, emit)) {
            keep(customer);
        }
        if (Marks.applied()) {
            last.countDown();
        }
    }

    private void lookAt(long time, String name, long clock) {
        Customer customer = find(name);
        if (customer.timer != time) {
            return;
        }
        customer.timer = Customer.NEVER;
        customer.passTime(clock, emit);
        keep(customer);
    }

    private Customer find(String name) {
        Customer customer = decoded.get(name);
        if (customer == null) {
            customer = contexts.get(name);
            if (customer == null) {
                customer = new Customer(name);
            }
            if (most > 0) {
                decoded.put(name, customer);
                dropEldest();
            }
        }
        return customer;
    }

    private void dropEldest() {
        if (decoded.size() > most) {
            decoded.remove(decoded.keySet().iterator().next());
        }
    }

    private void keep(Customer customer) {
        dues.watch(customer);
        contexts.put(customer.name, customer);
    }

    private void emit(Output output) {
        processor.forward(new Record<>(output.customer(), output, output.time()));
    }
}
