package bench.full;

/** The numbers of RULES-FULL.md. */
final class Limits {
    static final long NEVER = Long.MAX_VALUE;
    static final long MINUTE = 60_000;
    static final long HOUR = 60 * MINUTE;
    static final long DAY = 24 * HOUR;

    static final long[] ABSENCE = {HOUR, 24 * HOUR, 72 * HOUR};
    static final String[] ABANDONED = {"abandoned-1", "abandoned-2", "abandoned-3"};
    static final long SWITCHED_WITHIN = 24 * HOUR;
    static final long JOURNEY_GAP = 24 * HOUR;
    static final long CART_FORGOTTEN = 10 * DAY;
    static final long ORDERS_KEPT = 10 * DAY;
    static final long ECHO = 30 * MINUTE;
    static final long LATEST = 2 * HOUR;
    static final long REFUSED_WITHIN = DAY;

    static final int REFUSED_LAST = 1_000;
    static final int TOUCHPOINTS = 30;
    static final int VISITS = 5;
    static final int JOURNEYS = 5;
    static final int ORDERS = 100;

    static final String[] STAGES = {"awareness", "acquisition", "onboarding", "engagement"};

    private Limits() {}
}
