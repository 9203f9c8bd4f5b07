package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	requestInterval = 10 * time.Millisecond
	requestTimeout  = 30 * time.Second
)

// load is a client that requests a URL at a steady rate, however slow the
// answers are, and notices the first answer with a token.
type load struct {
	client        *http.Client
	url, token    string
	stop          chan struct{}
	served        chan struct{} // closed by the first answer with the token
	notice        sync.Once
	work          sync.WaitGroup
	total, failed atomic.Int64
}

func startLoad(url, token string) *load {
	l := &load{
		client: &http.Client{Timeout: requestTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: 64}},
		url:    url,
		token:  token,
		stop:   make(chan struct{}),
		served: make(chan struct{}),
	}
	l.work.Go(l.run)
	return l
}

// run sends requests until stop closes.
func (l *load) run() {
	tick := time.NewTicker(requestInterval)
	defer tick.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-tick.C:
			l.work.Go(l.request)
		}
	}
}

// request counts as failed when there is no complete answer, or none of 200: a
// proxy's page in place of the program's is a failure too.
func (l *load) request() {
	l.total.Add(1)
	body, err := fetch(context.Background(), l.client, l.url)
	if err != nil {
		l.failed.Add(1)
	} else if strings.Contains(body, l.token) {
		l.notice.Do(func() { close(l.served) })
	}
}

// wait returns once the token was served.
func (l *load) wait(ctx context.Context) error {
	select {
	case <-l.served:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// finish waits for the requests under way and returns how many there were, and
// how many failed.
func (l *load) finish() (total, failed int) {
	close(l.stop)
	l.work.Wait()
	l.client.CloseIdleConnections()
	return int(l.total.Load()), int(l.failed.Load())
}

// fetch returns the body of a successful answer.
func fetch(ctx context.Context, client *http.Client, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("GET %s: %s", url, resp.Status)
	}
	return string(body), nil
}

// awaitToken requests url until the answer holds token.
func awaitToken(ctx context.Context, url, token string) error {
	const pause = 2 * time.Millisecond
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		body, err := fetch(ctx, client, url)
		if err == nil && strings.Contains(body, token) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}
