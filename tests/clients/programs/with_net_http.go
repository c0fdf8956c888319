// Go's own net/http, which asks for gzip by itself and decompresses it.
package main

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

func main() {
	cursor := ""
	for {
		request, _ := http.NewRequest("GET", os.Args[1]+"/v1/live?edition=en", nil)
		request.Header.Set("Accept", "text/event-stream")
		if cursor != "" {
			request.Header.Set("Last-Event-ID", cursor)
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
			lines := bufio.NewReader(response.Body)
			line := ""
			for err == nil {
				if line, err = lines.ReadString('\n'); strings.HasPrefix(line, "data: ") {
					fmt.Print(line[6:])
				} else if strings.HasPrefix(line, "id: ") {
					cursor = strings.TrimSpace(line[4:])
				}
			}
			response.Body.Close()
		}
		time.Sleep(200 * time.Millisecond)
		fmt.Println("reopen")
	}
}
