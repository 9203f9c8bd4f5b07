package proxy

import (
	"context"
	"net"
)

type connKey struct{}

// withConn lets handlers reach the connection that a request came on.
func withConn(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, conn)
}

// connOf returns the connection below any TLS, or nil.
func connOf(ctx context.Context) *net.TCPConn {
	conn, _ := ctx.Value(connKey{}).(net.Conn)
	if outer, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = outer.NetConn()
	}
	tcp, _ := conn.(*net.TCPConn)
	return tcp
}

// clientLeft reports whether the client of a request has closed its connection,
// or its half of it, which net/http takes for the same.
func clientLeft(ctx context.Context) bool {
	if ctx.Err() != nil {
		return true
	}
	conn := connOf(ctx)
	return conn != nil && hungUp(conn)
}

// reset ends an HTTP/1 connection so that no client can take its end for that
// of a response. net/http would first wait for the rest of the request.
func reset(ctx context.Context) {
	if conn := connOf(ctx); conn != nil {
		conn.SetLinger(0)
		conn.Close()
	}
}
