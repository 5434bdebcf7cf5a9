package bench.full;

/** What an engine tells of a customer: {@code from} and {@code to} only of a switch. */
public record Output(String kind, String customer, long time, String from, String to) {}
