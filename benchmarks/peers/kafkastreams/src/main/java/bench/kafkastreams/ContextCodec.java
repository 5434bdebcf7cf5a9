package bench.kafkastreams;

import bench.rule.CustomerContext;
import bench.rule.CustomerContext.Item;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/** Contexts to compact bytes and back: the store asks for both at every event. */
final class ContextCodec {
    private static final int USUAL_SIZE = 512;

    private ContextCodec() {}

    static Serde<CustomerContext> serde() {
        return Serdes.serdeFrom(
                (topic, context) -> context == null ? null : bytes(context),
                (topic, bytes) -> bytes == null ? null : context(bytes));
    }

    private static byte[] bytes(CustomerContext context) {
        ByteArrayOutputStream buffer = new ByteArrayOutputStream(USUAL_SIZE);
        try (DataOutputStream out = new DataOutputStream(buffer)) {
            write(context, out);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return buffer.toByteArray();
    }

    private static CustomerContext context(byte[] bytes) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            return read(in);
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    private static void write(CustomerContext context, DataOutputStream out) throws IOException {
        out.writeUTF(context.lastChannel);
        out.writeLong(context.lastTime);
        out.writeLong(context.due);
        out.writeUTF(context.stage);
        out.writeShort(context.counts.size());
        for (Map.Entry<String, Integer> count : context.counts.entrySet()) {
            out.writeUTF(count.getKey());
            out.writeInt(count.getValue());
        }
        out.writeShort(context.recent.size());
        for (String id : context.recent) {
            out.writeUTF(id);
        }
        out.writeShort(context.cart.size());
        for (Map.Entry<String, Item> entry : context.cart.entrySet()) {
            out.writeUTF(entry.getKey());
            out.writeInt(entry.getValue().quantity);
            out.writeDouble(entry.getValue().price);
        }
    }

    private static CustomerContext read(DataInputStream in) throws IOException {
        CustomerContext context = new CustomerContext();
        context.lastChannel = in.readUTF();
        context.lastTime = in.readLong();
        context.due = in.readLong();
        context.stage = in.readUTF();
        for (int left = in.readShort(); left > 0; left--) {
            context.counts.put(in.readUTF(), in.readInt());
        }
        for (int left = in.readShort(); left > 0; left--) {
            context.recent.add(in.readUTF());
        }
        for (int left = in.readShort(); left > 0; left--) {
            context.cart.put(in.readUTF(), new Item(in.readInt(), in.readDouble()));
        }
        return context;
    }
}
