// Bot speaks and listens to nobody.
package main

import (
	"context"
	"fmt"
	"os/signal"
	"syscall"
	"time"
)

const greeting = "good morning"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	for {
		fmt.Println("bot says", greeting)
		select {
		case <-ctx.Done():
			fmt.Println("bot says goodbye")
			return
		case <-time.After(time.Minute):
		}
	}
}
