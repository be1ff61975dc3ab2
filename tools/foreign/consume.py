"""Reads topics with Confluent's client, from their beginning to the end that they had at the start.

usage: consume.py BROKERS REGISTRY TOPIC…

Prints one line of JSON a record: {"topic", "partition", "offset", "key", "headers", "value"}. The value is what the Avro
deserializer makes of it with the schema that the registry has under the record's id.
"""

import json
import sys
import uuid

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

PATIENCE_S = 30
# Then the client asks the registry once more, three times at most. Without it, it waits for ever.
ANSWER_S = 10
# By the topic's name. See produce.py.
SUBJECTS = {"subject.name.strategy.type": "TOPIC"}


def main(brokers, registry, *topics):
    deserialize = AvroDeserializer(SchemaRegistryClient({"url": registry, "timeout": ANSWER_S}), conf=SUBJECTS)
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": f"foreign-{uuid.uuid4()}"})
    ends = ends_of(consumer, topics)
    consumer.assign([TopicPartition(topic, partition, 0) for topic, partition in ends])
    while ends:
        record = consumer.poll(PATIENCE_S)
        if record is None:
            sys.exit(f"nothing comes any more; not read to its end: {sorted(ends)}")
        if record.error():
            sys.exit(str(record.error()))
        print(json.dumps(shown(record, deserialize), default=str, ensure_ascii=False))
        place = (record.topic(), record.partition())
        if record.offset() + 1 >= ends.get(place, 0):
            ends.pop(place, None)
    consumer.close()


def ends_of(consumer, topics):
    """The offset after the last record of each partition that has any."""
    partitions = [
        (topic, partition)
        for topic in topics
        for partition in consumer.list_topics(topic, PATIENCE_S).topics[topic].partitions
    ]
    ends = {place: consumer.get_watermark_offsets(TopicPartition(*place), PATIENCE_S)[1] for place in partitions}
    return {place: end for place, end in ends.items() if end > 0}


def shown(record, deserialize):
    context = SerializationContext(record.topic(), MessageField.VALUE)
    return {
        "topic": record.topic(),
        "partition": record.partition(),
        "offset": record.offset(),
        "key": record.key().decode(),
        "headers": {name: value.decode() for name, value in record.headers() or []},
        "value": deserialize(record.value(), context),
    }


main(*sys.argv[1:])
