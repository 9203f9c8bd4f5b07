//go:build unix

package servers_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	pb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// ask makes one request and returns which version answered.
type ask func(context.Context) (version string, err error)

// duplex opens a bidirectional stream.
type duplex func(context.Context) (conversation, error)

// conversation is a bidirectional stream: say gets an answer, end hears the
// server's end.
type conversation struct {
	say func() (version string, err error)
	end func() error
}

func TestServers(t *testing.T) {
	t.Parallel()
	for _, server := range []struct {
		name, via string
		clients   func(t *testing.T, url string) ([]ask, duplex)
	}{
		{"gin", "PORT", plainClients},
		{"echo", "own port", plainClients},
		{"fiber", "own port", plainClients},
		{"chi", "own port", plainClients},
		{"grpc", "own port", grpcClients},
		{"connect", "own port", connectClients},
	} {
		t.Run(server.name, func(t *testing.T) {
			t.Parallel()
			p := start(t, server.name)
			asks, talk := server.clients(t, p.url)
			answers, stop := startLoad(t, asks)
			for n := range 3 {
				finish := underWay(t, talk, fmt.Sprintf("v%d", n+1), answers)
				p.version(fmt.Sprintf("v%d", n+2))
				finish()
				p.awaitApp()
			}
			for _, ask := range asks {
				if got, err := ask(t.Context()); got != "v4" || err != nil {
					t.Errorf("at last got %q, %v, want v4", got, err)
				}
			}
			stop()
			if p.via != server.via {
				t.Errorf("devtool found the app by %q, want %q", p.via, server.via)
			}
		})
	}
}

// startLoad asks without pause, until the returned function is called. None may
// fail, and no older version may answer after a newer one.
func startLoad(t *testing.T, asks []ask) (answers *atomic.Int64, stop func()) {
	t.Helper()
	answers = new(atomic.Int64)
	var stopping atomic.Bool
	var clients sync.WaitGroup
	for _, ask := range asks {
		for range 2 {
			clients.Go(func() {
				for newest := ""; !stopping.Load(); {
					got, err := ask(t.Context())
					if err != nil || got < newest {
						t.Errorf("got %q, %v after %q", got, err, newest)
						return
					}
					newest = got
					answers.Add(1)
				}
			})
		}
	}
	stop = func() { stopping.Store(true); clients.Wait() }
	t.Cleanup(stop)
	return answers, stop
}

// underWay begins a stream. The returned function goes on with it until nobody
// else is answered, because the app is being drained, and ends it: it stays with
// the version it began with.
func underWay(t *testing.T, talk duplex, version string, answers *atomic.Int64) (finish func()) {
	t.Helper()
	if talk == nil {
		return func() {}
	}
	c, err := talk(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	say := func() {
		t.Helper()
		if got, err := c.say(); got != version || err != nil {
			t.Errorf("the stream got %q, %v, want %s", got, err, version)
		}
	}
	say()
	return func() {
		for before := int64(-1); before != answers.Load() && !t.Failed(); {
			before = answers.Load()
			for range 100 {
				say()
			}
		}
		if err := c.end(); err != nil {
			t.Errorf("the stream ended with %v", err)
		}
	}
}

func plainClients(t *testing.T, url string) ([]ask, duplex) {
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	method := func(method string) ask {
		return func(ctx context.Context) (string, error) {
			req, err := http.NewRequestWithContext(ctx, method, url+"/", strings.NewReader(strings.Repeat("body", 100)))
			if err != nil {
				return "", err
			}
			res, err := client.Do(req)
			if err != nil {
				return "", err
			}
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			if res.StatusCode != http.StatusOK {
				return "", fmt.Errorf("%s: %s", res.Status, body)
			}
			return string(body), err
		}
	}
	return []ask{method("GET"), method("POST")}, nil
}

func grpcClients(t *testing.T, url string) ([]ask, duplex) {
	t.Helper()
	conn, err := grpc.NewClient(strings.TrimPrefix(url, "http://"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	client := pb.NewTestServiceClient(conn)
	unary := func(ctx context.Context) (string, error) {
		res, err := client.UnaryCall(ctx, &pb.SimpleRequest{})
		return string(res.GetPayload().GetBody()), err
	}
	return []ask{unary}, func(ctx context.Context) (conversation, error) {
		stream, err := client.FullDuplexCall(ctx)
		return conversation{
			say: func() (string, error) {
				if err := stream.Send(&pb.StreamingOutputCallRequest{}); err != nil {
					return "", err
				}
				res, err := stream.Recv()
				return string(res.GetPayload().GetBody()), err
			},
			end: func() error {
				return atEnd(stream.CloseSend(), func() error { _, err := stream.Recv(); return err })
			},
		}, err
	}
}

func connectClients(t *testing.T, url string) ([]ask, duplex) {
	t.Helper()
	type text = wrapperspb.StringValue
	p := new(http.Protocols)
	p.SetUnencryptedHTTP2(true)
	h2c := &http.Client{Transport: &http.Transport{Protocols: p}}
	t.Cleanup(h2c.CloseIdleConnections)
	unary := func(options ...connect.ClientOption) ask {
		client := connect.NewClient[text, text](h2c, url+"/test.Service/Unary", options...)
		return func(ctx context.Context) (string, error) {
			res, err := client.CallUnary(ctx, connect.NewRequest(wrapperspb.String("?")))
			if err != nil {
				return "", err
			}
			return res.Msg.GetValue(), nil
		}
	}
	stream := connect.NewClient[text, text](h2c, url+"/test.Service/Duplex")
	return []ask{unary(), unary(connect.WithGRPC()), unary(connect.WithGRPCWeb())}, func(ctx context.Context) (conversation, error) {
		s := stream.CallBidiStream(ctx)
		return conversation{
			say: func() (string, error) {
				if err := s.Send(wrapperspb.String("?")); err != nil {
					return "", err
				}
				res, err := s.Receive()
				return res.GetValue(), err
			},
			end: func() error {
				return errors.Join(atEnd(s.CloseRequest(), func() error { _, err := s.Receive(); return err }), s.CloseResponse())
			},
		}, nil
	}
}

// atEnd hears the clean end of a stream that was half closed.
func atEnd(closed error, receive func() error) error {
	if closed != nil {
		return closed
	}
	if err := receive(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("want the end, got %w", err)
	}
	return nil
}
