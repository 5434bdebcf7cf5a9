package bench.rule;

/** What the benchmark asks of a run, as it hands it over in the environment. */
public record Job(
        String bootstrap,
        String source,
        String output,
        long events,
        String run,
        String state,
        boolean follows) {

    public static Job fromEnvironment() {
        return new Job(
                variable("BENCH_BOOTSTRAP"),
                variable("BENCH_SOURCE"),
                variable("BENCH_OUTPUT"),
                Long.parseLong(variable("BENCH_EVENTS")),
                variable("BENCH_RUN"),
                variable("BENCH_STATE"),
                variable("BENCH_FOLLOWS").equals("yes"));
    }

    /** The topic for what is known of customers in the end. */
    public String states() {
        return run + ".states";
    }

    private static String variable(String name) {
        String value = System.getenv(name);
        if (value == null) {
            throw new IllegalArgumentException("set `" + name + "`: see benchmarks/engines/engine.py");
        }
        return value;
    }
}
