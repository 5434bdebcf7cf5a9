package bench.flink.full;

import bench.flink.Clocks;
import bench.full.Customer;
import bench.full.Event;
import bench.full.Output;
import bench.rule.Marks;
import java.util.function.Consumer;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.streaming.api.TimerService;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/**
 * The rule over Flink's keyed state and event-time timers.
 *
 * <p>A customer has one timer, which follows what is due when it comes up; most due times move on
 * before they come.
 */
final class Follow extends KeyedProcessFunction<String, Event, Told> {
    private final ValueStateDescriptor<Customer> descriptor;
    private transient ValueState<Customer> customers;
    private transient Collector<Told> collector;
    private transient Consumer<Output> emit;

    Follow(ValueStateDescriptor<Customer> descriptor) {
        this.descriptor = descriptor;
    }

    @Override
    public void open(OpenContext opening) {
        customers = getRuntimeContext().getState(descriptor);
        emit = output -> collector.collect(new Told(output, null));
    }

    @Override
    public void processElement(Event event, Context at, Collector<Told> out) throws Exception {
        collector = out;
        Customer customer = customers.value();
        if (customer == null) {
            customer = new Customer(event.customer);
        }
        if (customer.follow(event, emit)) {
            watch(customer, at.timerService());
            customers.update(customer);
        }
        Marks.applied();
    }

    @Override
    public void onTimer(long time, OnTimerContext at, Collector<Told> out) throws Exception {
        Customer customer = customers.value();
        if (customer.timer != time) {
            return;
        }
        collector = out;
        customer.timer = Customer.NEVER;
        // The watermark forgets a partition that has ended, whose clock is then behind it.
        long clock = Math.min(at.timerService().currentWatermark(), Clocks.of(customer.name));
        customer.passTime(clock, emit);
        watch(customer, at.timerService());
        customers.update(customer);
    }

    /** Look at a customer when something is due, unless that will be sooner anyway. */
    private static void watch(Customer customer, TimerService timers) {
        long due = customer.due();
        if (due < customer.timer && due > timers.currentWatermark()) {
            customer.timer = due;
            timers.registerEventTimeTimer(due);
        }
    }
}
