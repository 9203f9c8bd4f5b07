package certificate

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// validity is below the 398 days that browsers accept at most.
const validity = 365 * 24 * time.Hour

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  crypto.PrivateKey
}

// issue writes a new key and a certificate for it. Without an authority it
// signs itself, as a server only: it cannot vouch for any other.
func issue(cert, key string, hosts []string, root *authority, now time.Time) error {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return fmt.Errorf("make a serial number: %w", err)
	}
	leaf := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{Organization: []string{"devtool development certificate"}, CommonName: "localhost"},
		NotBefore:             now.Add(-time.Hour), // clocks of phones and containers differ
		NotAfter:              now.Add(validity),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			leaf.IPAddresses = append(leaf.IPAddresses, ip)
		} else {
			leaf.DNSNames = append(leaf.DNSNames, host)
		}
	}
	parent, signer := leaf, crypto.PrivateKey(private)
	if root != nil {
		parent, signer = root.cert, root.key
	}
	signed, err := x509.CreateCertificate(rand.Reader, leaf, parent, private.Public(), signer)
	if err != nil {
		return fmt.Errorf("sign it: %w", err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return fmt.Errorf("encode its key: %w", err)
	}
	// The key first: a certificate without it would be trusted in vain.
	err = write(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}))
	return errors.Join(err, write(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed})))
}

// write replaces a file that only the user may read, whole or not at all.
func write(file string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(file), "new-") // of mode 0600
	if err != nil {
		return err
	}
	_, err = temp.Write(data)
	if err = errors.Join(err, temp.Close()); err == nil {
		err = os.Rename(temp.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}

// fileName is the same for the same hosts and signer, so that projects do not
// replace the certificates of one another.
func fileName(hosts []string, signer Signer) string {
	sum := sha256.Sum256([]byte(strings.Join(hosts, " ")))
	return string(signer) + "-" + hex.EncodeToString(sum[:6])
}
