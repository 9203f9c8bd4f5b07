package main

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

type text = wrapperspb.StringValue

func unary(context.Context, *connect.Request[text]) (*connect.Response[text], error) {
	return connect.NewResponse(wrapperspb.String(version)), nil
}

func duplex(_ context.Context, stream *connect.BidiStream[text, text]) error {
	for {
		if _, err := stream.Receive(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := stream.Send(wrapperspb.String(version)); err != nil {
			return err
		}
	}
}

func main() {
	mux := http.NewServeMux()
	mux.Handle("/test.Service/Unary", connect.NewUnaryHandler("/test.Service/Unary", unary))
	mux.Handle("/test.Service/Duplex", connect.NewBidiStreamHandler("/test.Service/Duplex", duplex))
	p := new(http.Protocols)
	p.SetHTTP1(true)
	p.SetUnencryptedHTTP2(true)
	s := http.Server{Addr: "localhost:8080", Handler: mux, Protocols: p}
	log.Fatal(s.ListenAndServe())
}
