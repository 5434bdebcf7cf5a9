package bench.flink;

import bench.rule.CustomerContext;
import bench.rule.Event;
import bench.rule.Marks;
import bench.rule.Output;
import bench.rule.Rule;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.streaming.api.TimerService;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/**
 * The rule over Flink's keyed state and event-time timers.
 *
 * <p>A watermark trails the event that moved the clock, so an event looks first at its own
 * customer's due time. The timer of a touch that a later one overtook finds nothing due.
 */
final class Follow extends KeyedProcessFunction<String, Event, Output> {
    private transient ValueState<CustomerContext> contexts;

    @Override
    public void open(OpenContext opening) {
        contexts =
                getRuntimeContext()
                        .getState(new ValueStateDescriptor<>("context", CustomerContext.class));
    }

    @Override
    public void processElement(Event event, Context at, Collector<Output> out) throws Exception {
        CustomerContext context = contexts.value();
        if (context == null) {
            context = new CustomerContext();
        }
        emit(Rule.abandonment(context, event.customer, event.time), out);
        long before = context.due;
        emit(Rule.apply(context, event), out);
        if (context.due != before && context.due != CustomerContext.NEVER) {
            at.timerService().registerEventTimeTimer(context.due);
        }
        contexts.update(context);
        Marks.applied();
    }

    @Override
    public void onTimer(long due, OnTimerContext at, Collector<Output> out) throws Exception {
        String customer = at.getCurrentKey();
        if (due > clock(customer, at.timerService())) {
            return;
        }
        CustomerContext context = contexts.value();
        emit(Rule.abandonment(context, customer, due), out);
        contexts.update(context);
    }

    /** The end of a bounded input fires all timers; only those that the clock reached count. */
    private static long clock(String customer, TimerService timers) {
        long watermark = timers.currentWatermark();
        return watermark == Long.MAX_VALUE ? Clocks.of(customer) : watermark;
    }

    private static void emit(Output output, Collector<Output> out) {
        if (output != null) {
            out.collect(output);
        }
    }
}
