package bench.rule;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;

/** What an engine says of a customer: a switch, or an abandoned cart. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public class Output {
    public String kind;
    @JsonProperty("customer_id") public String customer;
    public long time;
    public String from;
    public String to;

    public static Output switched(Event event, String from) {
        Output output = of("switch", event.customer, event.time);
        output.from = from;
        output.to = event.channel;
        return output;
    }

    public static Output abandoned(String customer, long due) {
        return of("abandoned", customer, due);
    }

    private static Output of(String kind, String customer, long time) {
        Output output = new Output();
        output.kind = kind;
        output.customer = customer;
        output.time = time;
        return output;
    }
}
