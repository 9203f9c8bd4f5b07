package process

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// The kernel's tables of TCP sockets, by the netlink protocol that ss(8) uses:
// microseconds, where writing out /proc/net/tcp takes milliseconds.

// diagID is struct inet_diag_sockid. Ports are in network order.
type diagID struct {
	LocalPort, RemotePort [2]byte
	Local, Remote         [16]byte
	Interface             uint32
	Cookie                [2]uint32
}

// diagRequest is struct inet_diag_req_v2.
type diagRequest struct {
	Family, Protocol, Extensions, _ uint8
	States                          uint32
	ID                              diagID
}

// diagSocket is struct inet_diag_msg.
type diagSocket struct {
	Family, State, Timer, Retransmits uint8
	ID                                diagID
	Expires, ReadQueue, WriteQueue    uint32
	UID, Inode                        uint32
}

const stateListen = 10 // TCP_LISTEN

var errDiag = errors.New("malformed answer from sock_diag")

// diagListening returns the TCP sockets that listen.
func diagListening() ([]socket, error) {
	var found []socket
	for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
		request := diagRequest{Family: family, Protocol: unix.IPPROTO_TCP, States: 1 << stateListen}
		answers, err := diagnose(request, unix.NLM_F_DUMP)
		if err != nil {
			return nil, err
		}
		found = append(found, answers...)
	}
	return found, nil
}

// diagBetween returns the inode of the socket that is connected from local to remote.
func diagBetween(local, remote netip.AddrPort) (inode uint64, ok bool, err error) {
	request := diagRequest{Family: unix.AF_INET, Protocol: unix.IPPROTO_TCP, States: ^uint32(0)}
	if local.Addr().Is6() {
		request.Family = unix.AF_INET6
	}
	copy(request.ID.Local[:], local.Addr().AsSlice())
	copy(request.ID.Remote[:], remote.Addr().AsSlice())
	binary.BigEndian.PutUint16(request.ID.LocalPort[:], local.Port())
	binary.BigEndian.PutUint16(request.ID.RemotePort[:], remote.Port())
	request.ID.Cookie = [2]uint32{^uint32(0), ^uint32(0)} // any
	answers, err := diagnose(request, 0)
	if errors.Is(err, unix.ENOENT) {
		return 0, false, nil
	}
	// For an address without a connection the kernel answers with the listener.
	if err != nil || len(answers) != 1 || answers[0].remote != remote || answers[0].inode == 0 {
		return 0, false, err
	}
	return answers[0].inode, true, nil
}

// diagnose sends one request and collects the answers.
func diagnose(request diagRequest, flags uint16) ([]socket, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_INET_DIAG)
	if err != nil {
		return nil, fmt.Errorf("open sock_diag: %w", err)
	}
	defer unix.Close(fd)
	message, err := encodeRequest(request, flags)
	if err != nil {
		return nil, err
	}
	if err := unix.Sendto(fd, message, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, fmt.Errorf("ask sock_diag: %w", err)
	}
	var found []socket
	for buffer := make([]byte, 32<<10); ; {
		n, _, err := unix.Recvfrom(fd, buffer, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read sock_diag: %w", err)
		}
		sockets, done, err := decodeAnswers(buffer[:n])
		if err != nil {
			return nil, err
		}
		found = append(found, sockets...)
		if done || flags&unix.NLM_F_DUMP == 0 {
			return found, nil
		}
	}
}

func encodeRequest(request diagRequest, flags uint16) ([]byte, error) {
	header := unix.NlMsghdr{
		Len:   uint32(unix.SizeofNlMsghdr + binary.Size(request)),
		Type:  unix.SOCK_DIAG_BY_FAMILY,
		Flags: unix.NLM_F_REQUEST | flags,
	}
	message, err := binary.Append(nil, binary.NativeEndian, header)
	if err != nil {
		return nil, err
	}
	return binary.Append(message, binary.NativeEndian, request)
}

// decodeAnswers reads one datagram; done says that it was the last.
func decodeAnswers(datagram []byte) (found []socket, done bool, err error) {
	messages, err := syscall.ParseNetlinkMessage(datagram)
	if err != nil {
		return nil, false, fmt.Errorf("%w: %w", errDiag, err)
	}
	for _, m := range messages {
		switch m.Header.Type {
		case unix.NLMSG_DONE:
			return found, true, nil
		case unix.NLMSG_ERROR:
			if len(m.Data) < 4 {
				return nil, true, errDiag
			}
			return nil, true, os.NewSyscallError("sock_diag", syscall.Errno(-int32(binary.NativeEndian.Uint32(m.Data))))
		case unix.SOCK_DIAG_BY_FAMILY:
			var raw diagSocket
			if _, err := binary.Decode(m.Data, binary.NativeEndian, &raw); err != nil {
				return nil, false, fmt.Errorf("%w: %w", errDiag, err)
			}
			found = append(found, raw.socket())
		}
	}
	return found, false, nil
}

func (d diagSocket) socket() socket {
	return socket{
		local:     d.address(d.ID.Local, d.ID.LocalPort),
		remote:    d.address(d.ID.Remote, d.ID.RemotePort),
		inode:     uint64(d.Inode),
		listening: d.State == stateListen,
	}
}

func (d diagSocket) address(bytes [16]byte, port [2]byte) netip.AddrPort {
	ip := netip.AddrFrom16(bytes).Unmap()
	if d.Family == unix.AF_INET {
		ip = netip.AddrFrom4([4]byte(bytes[:4]))
	}
	return netip.AddrPortFrom(ip, binary.BigEndian.Uint16(port[:]))
}
