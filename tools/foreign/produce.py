"""Publishes records with Confluent's client, and the partitioner that Java clients have.

usage: produce.py BROKERS REGISTRY

Takes one line of JSON a record: {"topic", "key", "headers"} and either "value", which the Avro serializer writes, or
"base64": these bytes as they are. The value's schema is the newest of the topic in the registry, or of "subject" there, or
else "schema", which is registered first. Prints where each record is, in the same order, one line of JSON: {"topic", "partition", "offset"}.
"""

import base64
import json
import sys

from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

PATIENCE_S = 30
# Then the client asks the registry once more, three times at most. Without it, it waits for ever.
ANSWER_S = 10
# By the topic's name. Else it asks first for an association, a path that Apicurio does not know: now and then it leaves
# such a request without an answer.
SUBJECTS = {"subject.name.strategy.type": "TOPIC"}


def main(brokers, registry):
    client = SchemaRegistryClient({"url": registry, "timeout": ANSWER_S})
    producer = Producer({"bootstrap.servers": brokers, "partitioner": "murmur2_random", "acks": "all"})
    records = [json.loads(line) for line in sys.stdin]
    places = {}
    for n, record in enumerate(records):

        def delivered(error, stored, n=n):
            if error is None:
                places[n] = {"topic": stored.topic(), "partition": stored.partition(), "offset": stored.offset()}
            else:
                print(error, file=sys.stderr)

        producer.produce(
            record["topic"],
            key=record["key"],
            value=bytes_of(record, client),
            headers=record["headers"],
            on_delivery=delivered,
        )
    producer.flush(PATIENCE_S)
    if len(places) < len(records):
        sys.exit("not everything was delivered")
    for n in range(len(records)):
        print(json.dumps(places[n]))


def bytes_of(record, client):
    if "base64" in record:
        return base64.b64decode(record["base64"])
    schema = record.get("schema")
    subject = record.get("subject")
    subjects = SUBJECTS if subject is None else {"subject.name.strategy": lambda *_: subject}
    how = {"auto.register.schemas": schema is not None, "use.latest.version": schema is None, **subjects}
    serialize = AvroSerializer(client, None if schema is None else json.dumps(schema), conf=how)
    return serialize(record["value"], SerializationContext(record["topic"], MessageField.VALUE))


main(*sys.argv[1:])
