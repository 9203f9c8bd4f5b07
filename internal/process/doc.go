// Package process starts, signals and reaps the app, and hands it the socket.
//
// A [Guardian] is started once per run. Every command goes through it, the app
// ([Start]) as well as builds and generators ([Guardian.Start]): each leads a
// process group of its own, which the guardian, a second process on a lifeline
// pipe, kills when we are gone, whatever killed us. When the leader of a group
// exits, what is left of its group is killed too. A grandchild that leaves the
// group by setsid(2) escapes; nothing portable can prevent that.
//
// A [Generation] is one process of the app. [Generation.Ready] finds out where it
// answers and in which protocol: on the socket it was handed, on its private PORT,
// or at an address that it chose itself.
//
// The package restarts nothing: the caller decides whether and when. It leaves the
// caller's terminal alone. It neither reads nor changes the environment of devtool;
// callers pass one.
//
// Goroutines: one per started command, locked to its thread because Linux ties
// the parent-death signal to the thread that forked; the copiers of os/exec; one
// that reads an app's notifications; and one that replaces the guardian process if
// it is killed. All end with their process, and [Guardian.Close] waits for them.
//
// Callers must call [Main] first in main, and in the TestMain of tests that start a
// guardian: our own executable is also the guardian, the shim that sets LISTEN_PID,
// and the init process of a container.
package process
