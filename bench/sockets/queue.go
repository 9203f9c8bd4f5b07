package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	connects = 5000
	// retransmit is when the kernel sends a SYN again that found the queue full.
	retransmit = time.Second
)

// queue connects while the first build is held up, then lets it end.
func (b *bench) queue(ctx context.Context) error {
	config := filepath.Join(b.app, "devtool.toml")
	const command = "[go]\ncommand = [\"sh\", \"-c\", \"while [ ! -e go-on ]; do sleep 0.05; done; go build -o program .\"]\noutput = \"program\"\n"
	if err := os.WriteFile(config, []byte(command), 0o600); err != nil {
		return err
	}
	defer os.Remove(config)
	d, err := b.startDirect(ctx)
	if err != nil {
		return err
	}
	defer d.stop()
	var conns []net.Conn
	defer func() {
		for _, conn := range conns {
			conn.Close()
		}
	}()
	begun, slowest := time.Now(), time.Duration(0)
	for range connects {
		asked := time.Now()
		conn, err := net.DialTimeout("tcp", d.addr, retransmit*9/10)
		var late net.Error
		if errors.As(err, &late) && late.Timeout() {
			break // the queue is full; the kernel would send again, and again
		}
		if err != nil {
			return err
		}
		slowest = max(slowest, time.Since(asked))
		conns = append(conns, conn)
	}
	filled := time.Since(begun)
	if err := os.WriteFile(filepath.Join(b.app, "go-on"), nil, 0o600); err != nil {
		return err
	}
	var answered atomic.Int64
	var asking sync.WaitGroup
	for _, conn := range conns {
		asking.Go(func() {
			if ask(conn) == nil {
				answered.Add(1)
			}
		})
	}
	asking.Wait()
	fmt.Fprintf(b.stdout, "queue: %d of %d connected at once during the first build (slowest %.1f ms, all in %.1f s); %d of them answered after it; somaxconn is %s\n",
		len(conns), connects, ms(slowest), filled.Seconds(), answered.Load(), somaxconn())
	return nil
}

func somaxconn() string {
	text, err := os.ReadFile("/proc/sys/net/core/somaxconn")
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(text))
}
