package bench.rule;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What is kept of one customer. */
public class CustomerContext {
    public static final long NEVER = Long.MAX_VALUE;

    public String lastChannel = "";
    public long lastTime;
    public Map<String, Integer> counts = new HashMap<>();
    public List<String> recent = new ArrayList<>(Rule.RECENT + 1);
    public Map<String, Item> cart = new HashMap<>();
    public long due = NEVER;
    public String stage = "awareness";

    /** How many of a SKU, and at what price. */
    public static class Item {
        public int quantity;
        public double price;

        public Item() {}

        public Item(int quantity, double price) {
            this.quantity = quantity;
            this.price = price;
        }
    }
}
