//go:build unix

package listenfd

import (
	"errors"
	"fmt"
	"syscall"
)

// adoptFD looks at an inherited descriptor, and marks it close-on-exec if it
// is a socket. Anything else is left alone until somebody asks for it: with
// variables that were leaked it may belong to a program above us, such as
// make's job pipe, which our children still need.
func adoptFD(fd int) (kind, error) {
	var stat syscall.Stat_t
	if err := syscall.Fstat(fd, &stat); errors.Is(err, syscall.EBADF) {
		return kind{}, fmt.Errorf("inherited fd %d is closed", fd)
	} else if err != nil {
		return kind{}, fmt.Errorf("inherited fd %d: fstat: %w", fd, err)
	}
	// What exec let through cannot have the flag. The Go runtime's own
	// descriptors have it, and are often 3 and up.
	if closesOnExec(fd) {
		return kind{}, fmt.Errorf("fd %d was not inherited: this process opened it", fd)
	}
	if stat.Mode&syscall.S_IFMT != syscall.S_IFSOCK {
		return kind{}, &notSocketError{fd: fd, what: fileType(uint32(stat.Mode))}
	}
	closeOnExec(fd)
	return socketKind(fd)
}

func socketKind(fd int) (kind, error) {
	typ, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_TYPE)
	if err != nil {
		return kind{}, fmt.Errorf("inherited fd %d: getsockopt SO_TYPE: %w", fd, err)
	}
	addr, err := syscall.Getsockname(fd)
	if err != nil {
		return kind{}, fmt.Errorf("inherited fd %d: getsockname: %w", fd, err)
	}
	network, ok := networkOf(addr, typ)
	if !ok {
		return kind{}, fmt.Errorf("inherited fd %d is a socket of unknown type %d, address %T", fd, typ, addr)
	}
	accepts, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN)
	if err != nil {
		return kind{}, fmt.Errorf("inherited fd %d: getsockopt SO_ACCEPTCONN: %w", fd, err)
	}
	return kind{network: network, listening: accepts != 0}, nil
}

func networkOf(addr syscall.Sockaddr, typ int) (string, bool) {
	var networks map[int]string
	switch addr.(type) {
	case *syscall.SockaddrInet4:
		networks = map[int]string{syscall.SOCK_STREAM: "tcp4", syscall.SOCK_DGRAM: "udp4"}
	case *syscall.SockaddrInet6:
		networks = map[int]string{syscall.SOCK_STREAM: "tcp6", syscall.SOCK_DGRAM: "udp6"}
	case *syscall.SockaddrUnix:
		networks = map[int]string{syscall.SOCK_STREAM: "unix", syscall.SOCK_DGRAM: "unixgram", syscall.SOCK_SEQPACKET: "unixpacket"}
	}
	network, ok := networks[typ]
	return network, ok
}

func fileType(mode uint32) string {
	switch mode & syscall.S_IFMT {
	case syscall.S_IFREG:
		return "a regular file"
	case syscall.S_IFDIR:
		return "a directory"
	case syscall.S_IFIFO:
		return "a pipe"
	case syscall.S_IFCHR, syscall.S_IFBLK:
		return "a device"
	default:
		return "something unknown"
	}
}

func closesOnExec(fd int) bool {
	flags, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_GETFD, 0)
	return errno == 0 && flags&syscall.FD_CLOEXEC != 0
}

func closeOnExec(fd int) { syscall.CloseOnExec(fd) }
