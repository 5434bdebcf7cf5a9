package bench.kafkastreams;

import bench.rule.CustomerContext;
import bench.rule.Event;
import bench.rule.Marks;
import bench.rule.Output;
import bench.rule.Rule;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * The rule over one partition's store.
 *
 * <p>Stream time punctuates only after records were applied, so the processor asks an index of
 * its own before each event; the contexts hold the due times, and the index is read from them.
 */
final class Follow implements Processor<String, Event, String, Output> {
    static final String STORE = "contexts";

    private final CountDownLatch last;
    private final DueIndex due = new DueIndex();
    private ProcessorContext<String, Output> out;
    private KeyValueStore<String, CustomerContext> contexts;
    private long clock;

    Follow(CountDownLatch last) {
        this.last = last;
    }

    @Override
    public void init(ProcessorContext<String, Output> processor) {
        out = processor;
        contexts = processor.getStateStore(STORE);
        try (KeyValueIterator<String, CustomerContext> restored = contexts.all()) {
            restored.forEachRemaining(entry -> due.set(entry.key, entry.value.due));
        }
    }

    @Override
    public void process(Record<String, Event> record) {
        Event event = record.value();
        clock = Math.max(clock, event.time);
        fireDue();
        CustomerContext context = contexts.get(event.customer);
        if (context == null) {
            context = new CustomerContext();
        }
        emit(Rule.apply(context, event));
        contexts.put(event.customer, context);
        due.set(event.customer, context.due);
        if (Marks.applied()) {
            last.countDown();
        }
    }

    private void fireDue() {
        for (String customer = due.next(clock); customer != null; customer = due.next(clock)) {
            CustomerContext context = contexts.get(customer);
            emit(Rule.abandonment(context, customer, clock));
            contexts.put(customer, context);
        }
    }

    private void emit(Output output) {
        if (output != null) {
            out.forward(new Record<>(output.customer, output, output.time));
        }
    }
}
