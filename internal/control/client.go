package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
)

// Client talks to the server at one socket.
type Client struct{ http http.Client }

// ErrStopped says that the server went away before it answered.
var ErrStopped = errors.New("devtool has stopped")

// Dial returns a client of the server at path, or an error if there is none. The
// caller closes it.
func Dial(ctx context.Context, path string) (*Client, error) {
	dial := func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", path)
	}
	conn, err := dial(ctx)
	if err != nil {
		return nil, err
	}
	conn.Close()
	return &Client{http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
	}}}, nil
}

// Close closes the idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Status waits for a status whose number is greater than after, decodes it into
// status, and returns its number. With after 0 it returns the current one.
func (c *Client) Status(ctx context.Context, after uint64, status any) (seq uint64, err error) {
	return c.do(ctx, http.MethodGet, fmt.Sprintf("/status?after=%d", after), status)
}

// Ask sends a request to the server and decodes its answer.
func (c *Client) Ask(ctx context.Context, what string, answer any) error {
	_, err := c.do(ctx, http.MethodPost, "/ask/"+what, answer)
	return err
}

func (c *Client) do(ctx context.Context, method, path string, into any) (uint64, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://devtool"+path, nil)
	if err != nil {
		return 0, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return 0, stopped(ctx, err)
	}
	defer res.Body.Close()
	var body struct {
		Seq   uint64
		Value json.RawMessage
		Error string
	}
	if err := json.NewDecoder(res.Body).Decode(&body); err != nil {
		return 0, stopped(ctx, err)
	}
	if body.Error != "" {
		return 0, errors.New(body.Error)
	}
	return body.Seq, json.Unmarshal(body.Value, into)
}

// stopped returns the error of ctx if the caller gave up, else [ErrStopped] with
// the reason why the connection broke.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("%w (%w)", ErrStopped, err)
}
