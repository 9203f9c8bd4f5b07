// Command frameworks is one server for each way of taking an inherited socket:
//
//	devtool socket -s http::3000 -- frameworks gin
//	devtool socket -s udp::3000 -- frameworks udp
//
// It is a module of its own, so that listenfd depends on none of them. The
// snippets of docs/sockets.md are the functions below.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/coreos/go-systemd/v22/activation"
	"github.com/gin-gonic/gin"
	"github.com/labstack/echo/v4"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/calendsync/devtool/listenfd"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	servers := map[string]func(context.Context) error{
		"net/http": serveNetHTTP, "gin": serveGin, "echo": serveEcho,
		"grpc": serveGRPC, "udp": serveUDP, "go-systemd": serveGoSystemd,
	}
	name := ""
	if len(os.Args) > 1 {
		name = os.Args[1]
	}
	err := fmt.Errorf("no server %q", name)
	if serve := servers[name]; serve != nil {
		err = serve(ctx)
	}
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

func serveNetHTTP(ctx context.Context) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "net/http") })

	ln, err := listenfd.Listen("tcp", "127.0.0.1:3000")
	if err != nil {
		return err
	}
	return listenfd.Serve(ctx, &http.Server{Handler: mux}, ln)
}

func serveGin(ctx context.Context) error {
	router := gin.New()
	router.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "gin") })

	ln, err := listenfd.Listen("tcp", "127.0.0.1:3000")
	if err != nil {
		return err
	}
	return listenfd.Serve(ctx, &http.Server{Handler: router}, ln) // instead of router.Run
}

func serveEcho(ctx context.Context) error {
	e := echo.New()
	e.GET("/", func(c echo.Context) error { return c.String(http.StatusOK, "echo") })

	ln, err := listenfd.Listen("tcp", "127.0.0.1:3000")
	if err != nil {
		return err
	}
	return listenfd.Serve(ctx, &http.Server{Handler: e}, ln) // instead of e.Start
}

func serveGRPC(ctx context.Context) error {
	server := grpc.NewServer()
	healthpb.RegisterHealthServer(server, health.NewServer())

	ln, err := listenfd.Listen("tcp", "127.0.0.1:3000")
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, server.GracefulStop)()
	return server.Serve(ln)
}

func serveUDP(ctx context.Context) error {
	conn, err := listenfd.ListenPacket("udp", "127.0.0.1:3000")
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	packet := make([]byte, 64<<10)
	for {
		n, from, err := conn.ReadFrom(packet)
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := conn.WriteTo(packet[:n], from); err != nil {
			return err
		}
	}
}

// serveGoSystemd is what apps do that know the library of CoreOS: it works
// under devtool as it is.
func serveGoSystemd(ctx context.Context) error {
	listeners, err := activation.ListenersWithNames()
	if err != nil {
		return err
	}
	named := listeners["http"]
	if len(named) != 1 {
		return fmt.Errorf("want one socket named http, got %v", listeners)
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "go-systemd") })
	return listenfd.Serve(ctx, &http.Server{Handler: handler}, named[0])
}
