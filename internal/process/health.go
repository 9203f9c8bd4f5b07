package process

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"time"
)

// healthy requests the health path until it answers 2xx or 3xx.
func (s *search) healthy(ctx context.Context, target Target) error {
	client, url := healthClient(target), target.url(string(s.g.spec.Ready))
	defer client.CloseIdleConnections()
	for pause := 2 * time.Millisecond; ; pause = min(pause*5/4, 50*time.Millisecond) {
		status, err := statusOf(ctx, client, url)
		switch {
		case err == nil && status >= 200 && status < 400:
			return nil
		case err == nil:
			s.note(target.Addr, target.Via, fmt.Sprintf("GET %s answered %d", s.g.spec.Ready, status))
		case ctx.Err() == nil:
			s.note(target.Addr, target.Via, fmt.Sprintf("GET %s: %s", s.g.spec.Ready, briefly(err)))
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}

func (t Target) url(path string) string {
	scheme := "http"
	if t.Protocol == https {
		scheme = "https"
	}
	return scheme + "://" + t.Addr + path
}

func healthClient(target Target) *http.Client {
	transport := &http.Transport{
		Protocols:       new(http.Protocols),
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // self-made certificates on loopback
	}
	transport.Protocols.SetHTTP1(target.Protocol != h2c)
	transport.Protocols.SetUnencryptedHTTP2(target.Protocol == h2c)
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func statusOf(ctx context.Context, client *http.Client, url string) (int, error) {
	// A handler that hangs while the app boots is asked again.
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	request.Header.Set("User-Agent", "devtool")
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	return response.StatusCode, response.Body.Close()
}
