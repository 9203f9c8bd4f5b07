package editor

import "syscall"

const detachedProcess = 0x8 // DETACHED_PROCESS: no console

// detached keeps a program from hearing our Ctrl-C and from our console.
func detached() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: detachedProcess | syscall.CREATE_NEW_PROCESS_GROUP}
}
