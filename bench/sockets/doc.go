// Command sockets measures what passing a socket costs, and what it keeps.
//
//   - accept: from starting a supervisor to the first answer of the program it
//     starts with the socket; devtool socket against systemd-socket-activate and
//     against the program alone, taking turns.
//   - queue: how many of 5,000 connections the kernel keeps while devtool, in
//     direct mode, is at its first build, and whether all of those are answered
//     after it.
//   - restarts: requests that are refused or lost while devtool, in direct mode,
//     replaces the app again and again; half of them on kept connections.
//
// Run it with
//
//	go run ./bench/sockets [-only accept,queue,restarts] [-rounds 40] [-restarts 200] [-rate 200]
//
// It needs the go command. Everything it writes is in a temporary directory
// that it removes.
package main
