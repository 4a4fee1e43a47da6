// The lab's agent: it stands in for nanobot where a scenario asks for no conversation. As nanobot's launcher it starts
// as root, reads its secrets, drops to uid 1000 and keeps its state in /data; it answers /health at the same port.
//
//	agent gateway ...         serves until SIGTERM
//	agent write TEXT          adds a row and prints how many there are, once it is on disk
//	agent rows                prints every row
//	python3 -c ...            what nanobot's health check calls: asks /health
package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	address = "127.0.0.1:18790"
	rows    = "/data/sessions/rows.jsonl"
	starts  = "/data/workspace/starts.jsonl"
	agent   = 1000
)

func main() {
	var err error
	switch {
	case filepath.Base(os.Args[0]) == "python3":
		_, err = call(http.MethodGet, "/health", "")
	case len(os.Args) == 3 && os.Args[1] == "write":
		err = show(call(http.MethodPost, "/rows", os.Args[2]))
	case len(os.Args) == 2 && os.Args[1] == "rows":
		err = show(call(http.MethodGet, "/rows", ""))
	default:
		err = serve()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "agent:", err)
		os.Exit(1)
	}
}

func show(text string, err error) error {
	fmt.Print(text)
	return err
}

func call(method, path, body string) (string, error) {
	request, err := http.NewRequest(method, "http://"+address+path, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	answer, err := (&http.Client{Timeout: 30 * time.Second}).Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = errors.New(answer.Status)
	}
	return string(text), err
}

func serve() error {
	secrets, err := digests("/run/secrets")
	if err != nil {
		return err
	}
	if err := drop(); err != nil {
		return err
	}
	started, err := json.Marshal(map[string]any{"at": time.Now().UTC(), "secrets": secrets})
	if err != nil {
		return err
	}
	if err := add(starts, started); err != nil {
		return err
	}

	var lock sync.Mutex
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /rows", func(w http.ResponseWriter, _ *http.Request) {
		text, err := os.ReadFile(rows)
		if err != nil && !os.IsNotExist(err) {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Write(text)
	})
	mux.HandleFunc("POST /rows", func(w http.ResponseWriter, request *http.Request) {
		lock.Lock()
		defer lock.Unlock()
		text, err := io.ReadAll(request.Body)
		if err == nil {
			var row []byte
			row, err = json.Marshal(map[string]any{"at": time.Now().UTC(), "text": string(text)})
			if err == nil {
				err = add(rows, row)
			}
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		known, _ := os.ReadFile(rows)
		fmt.Fprintln(w, strings.Count(string(known), "\n"))
	})

	server := &http.Server{Addr: address, Handler: mux}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		<-ended
		server.Shutdown(context.Background())
	}()
	fmt.Println("agent: serving as uid", os.Getuid(), "with", len(secrets), "secrets")
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return add(starts, []byte(`{"stopped":true}`))
}

// Digests of the secrets, so that a test can tell which value an agent got and no log ever holds one.
func digests(folder string) (map[string]string, error) {
	found := map[string]string{}
	entries, err := os.ReadDir(folder)
	if os.IsNotExist(err) {
		return found, nil
	}
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			return nil, err
		}
		found[entry.Name()] = fmt.Sprintf("%x", sha256.Sum256(content))
	}
	return found, nil
}

func drop() error {
	if os.Getuid() != 0 {
		return nil
	}
	if err := syscall.Setgroups(nil); err != nil {
		return fmt.Errorf("setgroups: %w", err)
	}
	if err := syscall.Setgid(agent); err != nil {
		return fmt.Errorf("setgid: %w", err)
	}
	if err := syscall.Setuid(agent); err != nil {
		return fmt.Errorf("setuid: %w", err)
	}
	return nil
}

// Adds a line; what it has acknowledged is on disk.
func add(path string, line []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.Write(append(line, '\n')); err != nil {
		return err
	}
	return file.Sync()
}
