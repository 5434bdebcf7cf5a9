package bench.rule;

import com.fasterxml.jackson.annotation.JsonProperty;

/** One event of the input; what the rule does not need is not read. */
public class Event {
    public String id;
    public String type;
    public String channel;
    @JsonProperty("customer_id") public String customer;
    public long time;
    public Product data;

    /** What the event is about. */
    public static class Product {
        public String sku;
        public int quantity;
        public double price;
    }
}
