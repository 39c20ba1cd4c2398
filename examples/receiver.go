// A subscriber's endpoint: checks that a push comes from Herald, drops what it has seen before, answers 204.
//
//	WEBHOOK_SECRET=whsec_... go run examples/receiver.go
//
// WEBHOOK_SECRET: from the answer to the subscription; several separated by a space while one replaces another. Where the
// URL has to consent before it is subscribed, start without it, subscribe, and start again with it: until then pushes are
// answered 503, and come again.
// HERALD_ORIGIN: the host name of the Herald that may push here, localhost unless set. PORT: 9000 unless set.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	toleranceSeconds = 300
	maxBodyBytes     = 1_048_576
)

// verifyWebhook checks the Standard Webhooks headers of a push and returns the message's id.
// body: the bytes as they came.
func verifyWebhook(header http.Header, body []byte, secrets []string, now time.Time) (string, error) {
	id, timestamp := header.Get("webhook-id"), header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if id == "" || err != nil {
		return "", errors.New("webhook-id or webhook-timestamp is missing")
	}
	if age := now.Unix() - seconds; age > toleranceSeconds || age < -toleranceSeconds {
		return "", errors.New("webhook-timestamp is not a time close to now")
	}
	for _, secret := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil {
			return "", errors.New("the secret is not whsec_ and base64")
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + timestamp + "."))
		mac.Write(body)
		expected := mac.Sum(nil)
		for _, signature := range strings.Split(header.Get("webhook-signature"), " ") {
			given, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(signature, "v1,"))
			isV1 := strings.HasPrefix(signature, "v1,")
			if isV1 && err == nil && hmac.Equal(given, expected) {
				return id, nil
			}
		}
	}
	return "", errors.New("webhook-signature does not fit the body and the secret")
}

type receiver struct {
	secrets      []string
	heraldOrigin string
	mutex        sync.Mutex
	// A real receiver keeps these as long as a message may be pushed again, in its database.
	seen map[string]bool
}

func (r *receiver) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	// May Herald push here? (CloudEvents webhooks, abuse protection)
	if request.Method == http.MethodOptions {
		if request.Header.Get("WebHook-Request-Origin") == r.heraldOrigin {
			response.Header().Set("WebHook-Allowed-Origin", r.heraldOrigin)
		}
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(response, request.Body, maxBodyBytes))
	if err != nil {
		response.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	if len(r.secrets) == 0 {
		response.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	id, err := verifyWebhook(request.Header, body, r.secrets, time.Now())
	if err != nil {
		fmt.Fprintf(os.Stderr, "refused: %v\n", err)
		response.WriteHeader(http.StatusUnauthorized)
		return
	}
	r.mutex.Lock()
	isNew := !r.seen[id]
	r.seen[id] = true
	r.mutex.Unlock()
	if isNew {
		fmt.Printf("received %s\n", body)
	}
	response.WriteHeader(http.StatusNoContent)
}

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func main() {
	r := &receiver{
		secrets:      strings.Fields(os.Getenv("WEBHOOK_SECRET")),
		heraldOrigin: setting("HERALD_ORIGIN", "localhost"),
		seen:         map[string]bool{},
	}
	if len(r.secrets) == 0 {
		log.Print(`Pushes are answered 503 until WEBHOOK_SECRET is set to what the subscription answers as "secret"`)
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", setting("PORT", "9000")))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, r))
}
