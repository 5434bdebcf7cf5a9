package bench.rule;

import java.util.concurrent.atomic.AtomicLong;

/** Tells the benchmark, a line each, when the first, the middle and the last event is applied. */
public final class Marks {
    private static final AtomicLong APPLIED = new AtomicLong();
    private static final long EVENTS = Job.fromEnvironment().events();

    private Marks() {}

    /** Count an event as it is applied; return whether it was the last one. */
    public static boolean applied() {
        long applied = APPLIED.incrementAndGet();
        if (applied == 1) {
            say("first");
        }
        if (applied == EVENTS / 2) {
            say("half");
        }
        if (applied == EVENTS) {
            say("last");
        }
        return applied == EVENTS;
    }

    /** Say that everything is committed. */
    public static void done() {
        say("done");
    }

    /** Say that what is asked for beside outputs is told as well. */
    public static void told() {
        say("told");
    }

    private static void say(String mark) {
        System.out.println("mark " + mark);
        System.out.flush();
    }
}
