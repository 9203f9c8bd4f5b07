package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// load sends POSTs, which no client repeats by itself, at a steady rate,
// however slow the answers are.
type load struct {
	url     string
	clients [2]*http.Client // with kept connections, and without

	mu            sync.Mutex
	took          []time.Duration
	refused, lost int
	first         error // the first that was lost
}

func newLoad(addr string) *load {
	l := &load{url: "http://" + addr}
	for i := range l.clients {
		l.clients[i] = &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableKeepAlives: i > 0}}
	}
	return l
}

// run sends until ctx ends, and waits for what is under way.
func (l *load) run(ctx context.Context, rate int) {
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	var work sync.WaitGroup
	defer work.Wait()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			work.Go(func() { l.request(l.clients[n%len(l.clients)]) })
		}
	}
}

func (l *load) request(client *http.Client) {
	begun := time.Now()
	err := post(client, l.url)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.took = append(l.took, time.Since(begun))
	switch {
	case err == nil:
		return
	case errors.Is(err, syscall.ECONNREFUSED):
		l.refused++
	default:
		l.lost++
	}
	if l.first == nil {
		l.first = err
	}
}

func post(client *http.Client, url string) error {
	resp, err := client.Post(url, "text/plain", strings.NewReader("x"))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("POST %s: %s", url, resp.Status)
	}
	return nil
}

// replace replaces the app under load.
func (b *bench) replace(ctx context.Context) error {
	d, err := b.startDirect(ctx)
	if err != nil {
		return err
	}
	defer d.stop()
	if _, err := d.await(ctx, "build-finished"); err != nil {
		return err
	}
	loading, stop := context.WithCancel(ctx)
	l := newLoad(d.addr)
	var work sync.WaitGroup
	work.Go(func() { l.run(loading, b.rate) })
	finish := sync.OnceFunc(func() { stop(); work.Wait() })
	defer finish()
	begun := time.Now()
	var replaced []time.Duration
	for n := range b.restarts {
		took, err := b.edit(ctx, d, n+1)
		if err != nil {
			return err
		}
		replaced = append(replaced, took)
	}
	elapsed := time.Since(begun)
	finish()
	slices.Sort(l.took)
	slices.Sort(replaced)
	fmt.Fprintf(b.stdout, "restarts: %d in %.0f s (median %.0f ms, slowest %.0f ms from save to ready); %d requests, %d refused, %d lost; answered in median %.1f ms, 99 %% %.0f ms, slowest %.0f ms\n",
		b.restarts, elapsed.Seconds(), ms(median(replaced)), ms(replaced[len(replaced)-1]), len(l.took), l.refused, l.lost,
		ms(median(l.took)), ms(l.took[len(l.took)*99/100]), ms(l.took[len(l.took)-1]))
	return l.first
}
