// Command wrk measures what devtool's proxy costs a GET, with wrk(1): the app
// asked directly, through a bare httputil.ReverseProxy with the same transport,
// and through devtool, side by side and in turn.
//
//	go run ./bench/wrk
//
// All three are processes of their own. One connection shows the time that is
// added, 32 the throughput that is left.
package main
