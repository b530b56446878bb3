// The gateway's contract with Go's net/http and encoding/json and Shopify's sarama, the Kafka client that Debian has: idempotent, acks=all,
// one record an alert, 200 when all are acknowledged.
//
// usage: webhook-server PORT BROKERS TOPIC
package main

import (
	"encoding/json"
	"io/ioutil"
	"log"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/Shopify/sarama"
)

type webhook struct {
	Alerts []json.RawMessage `json:"alerts"`
}

type alert struct {
	Status       string            `json:"status"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL"`
	Fingerprint  string            `json:"fingerprint"`
}

// pending counts the acknowledgements that a request waits for.
type pending struct {
	left   int32
	failed int32
	done   chan struct{}
}

func (p *pending) acknowledged(failed bool) {
	if failed {
		atomic.StoreInt32(&p.failed, 1)
	}
	if atomic.AddInt32(&p.left, -1) == 0 {
		close(p.done)
	}
}

func newProducer(brokers string) sarama.AsyncProducer {
	config := sarama.NewConfig()
	// The first with idempotence; the dev broker does not know the metadata requests of later ones.
	config.Version = sarama.V0_11_0_0
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Idempotent = true
	config.Producer.Compression = sarama.CompressionLZ4
	config.Producer.Flush.Frequency = 2 * time.Millisecond
	config.Producer.Return.Successes = true
	config.Net.MaxOpenRequests = 1
	producer, err := sarama.NewAsyncProducer(strings.Split(brokers, ","), config)
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		for message := range producer.Successes() {
			message.Metadata.(*pending).acknowledged(false)
		}
	}()
	go func() {
		for failure := range producer.Errors() {
			failure.Msg.Metadata.(*pending).acknowledged(true)
		}
	}()
	return producer
}

func records(body []byte, topic string) ([]*sarama.ProducerMessage, error) {
	var hook webhook
	if err := json.Unmarshal(body, &hook); err != nil {
		return nil, err
	}
	waiting := &pending{left: int32(len(hook.Alerts)), done: make(chan struct{})}
	messages := make([]*sarama.ProducerMessage, len(hook.Alerts))
	for number, raw := range hook.Alerts {
		var one alert
		if err := json.Unmarshal(raw, &one); err != nil {
			return nil, err
		}
		messages[number] = &sarama.ProducerMessage{
			Topic: topic, Key: sarama.StringEncoder("team/service=" + one.Labels["service"]), Value: sarama.ByteEncoder(raw), Metadata: waiting,
		}
	}
	return messages, nil
}

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: webhook-server PORT BROKERS TOPIC")
	}
	producer := newProducer(os.Args[2])
	handle := func(answer http.ResponseWriter, request *http.Request) {
		body, err := ioutil.ReadAll(request.Body)
		if err != nil {
			return
		}
		messages, err := records(body, os.Args[3])
		if err != nil || len(messages) == 0 {
			http.Error(answer, "{}", http.StatusBadRequest)
			return
		}
		for _, message := range messages {
			producer.Input() <- message
		}
		waiting := messages[0].Metadata.(*pending)
		<-waiting.done
		if waiting.failed != 0 {
			http.Error(answer, "{}", http.StatusServiceUnavailable)
			return
		}
		answer.Header().Set("Content-Type", "application/json")
		answer.Write([]byte(`{"status":"ok"}`))
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], http.HandlerFunc(handle)))
}
