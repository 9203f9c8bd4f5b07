package listenfd_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/calendsync/devtool/listenfd"
)

// A whole server. Routers such as gin's and echo's are the Handler; a gRPC
// server takes the listener itself: grpcServer.Serve(ln).
func Example() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "hello")
	})
	ln, err := listenfd.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- listenfd.Serve(ctx, &http.Server{Handler: mux}, ln) }()

	resp, err := http.Get("http://" + ln.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	fmt.Println(string(body), err)

	stop() // or Ctrl-C, or SIGTERM
	fmt.Println(<-done)
	// Output:
	// hello <nil>
	// <nil>
}

// Two servers of one program, told apart by the names in LISTEN_FDNAMES: set by
// "devtool socket -s api=http::3000 -s admin=http::3001", or FileDescriptorName
// in a systemd unit.
func ExampleFiles_Named() {
	files := listenfd.Inherited()
	for _, server := range []struct{ name, addr string }{
		{"api", "127.0.0.1:0"},
		{"admin", "127.0.0.1:0"},
	} {
		ln, err := files.Named(server.name).Listen("tcp", server.addr)
		if err != nil {
			log.Fatal(err)
		}
		defer ln.Close()
		fmt.Println(server.name, ln.Addr().Network())
	}
	// Output:
	// api tcp
	// admin tcp
}

// An inherited socket that is required: no address is bound instead.
func ExampleFiles_Listener() {
	ln, err := listenfd.Inherited().Listener("tcp", 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ln.Close()
	// Output:
	// inherited socket 0 of 0: no such inherited socket
}

// A log line for what was passed but cannot be used.
func ExampleFiles_Skipped() {
	for _, reason := range listenfd.Inherited().Skipped() {
		log.Printf("not using an inherited socket: %v", reason)
	}
	// Output:
}

func ExampleListenPacket() {
	conn, err := listenfd.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()

	client, err := net.Dial("udp", conn.LocalAddr().String())
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	fmt.Fprint(client, "ping")

	packet := make([]byte, 1500)
	n, _, err := conn.ReadFrom(packet)
	fmt.Println(string(packet[:n]), err)
	// Output:
	// ping <nil>
}

func ExampleListen_unix() {
	dir, err := os.MkdirTemp("", "listenfd")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	ln, err := listenfd.Listen("unix", filepath.Join(dir, "app.sock"))
	if err != nil {
		log.Fatal(err)
	}
	defer ln.Close()
	fmt.Println(ln.Addr().Network())
	// Output:
	// unix
}
