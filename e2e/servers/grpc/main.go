package main

import (
	"context"
	"io"
	"log"
	"net"

	"google.golang.org/grpc"
	pb "google.golang.org/grpc/interop/grpc_testing"
)

type server struct {
	pb.UnimplementedTestServiceServer
}

func payload() *pb.Payload { return &pb.Payload{Body: []byte(version)} }

func (server) UnaryCall(context.Context, *pb.SimpleRequest) (*pb.SimpleResponse, error) {
	return &pb.SimpleResponse{Payload: payload()}, nil
}

// FullDuplexCall answers each message of a bidirectional stream.
func (server) FullDuplexCall(stream grpc.BidiStreamingServer[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse]) error {
	for {
		switch _, err := stream.Recv(); err {
		case nil:
		case io.EOF:
			return nil
		default:
			return err
		}
		if err := stream.Send(&pb.StreamingOutputCallResponse{Payload: payload()}); err != nil {
			return err
		}
	}
}

func main() {
	lis, err := net.Listen("tcp", ":50051")
	if err != nil {
		log.Fatalf("failed to listen: %v", err)
	}
	s := grpc.NewServer()
	pb.RegisterTestServiceServer(s, server{})
	log.Fatal(s.Serve(lis))
}
