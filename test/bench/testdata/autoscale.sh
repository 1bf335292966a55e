#!/bin/bash
# The auto-scaling script of the General Bots scaling document, the rival of the benchmark "script". It is changed only where
# it would not run at all, or not within the time of a benchmark:
#
#   - lxc is incus in the project $PROJECT; the image is $IMAGE; files are below $FOLDER
#   - times, limits and the range come from variables, with the document's values as defaults
#   - the bot image starts its bot by itself, images:debian/12 does not: its unit is masked, so that the script starts the bot
#   - a limit of CPU time instead of a number of cores, for a machine with fewer cores than that
#   - upstream.conf in Caddy's syntax (the document's is none), imported by a Caddyfile of ours; Caddy is a process of the host
#   - bc, which not every machine has
#   - with $CPU_FILE, the CPU use is what that file says: what the script would do if it could measure
#   - with an argument, that function is called instead of the loop

lxc() { incus --project "$PROJECT" "$@"; }
MASK="lxc.mount.entry = /dev/null etc/systemd/system/botserver.service none bind 0 0"
command -v bc >/dev/null || bc() {
	local expression
	read -r expression
	awk "BEGIN { print (${expression#*; }) }"
}

# Configuration
MIN_INSTANCES=${MIN_INSTANCES:-1}
MAX_INSTANCES=${MAX_INSTANCES:-10}
CPU_THRESHOLD=${CPU_THRESHOLD:-70}
SCALE_COOLDOWN=${SCALE_COOLDOWN:-300}
LAST_SCALE_FILE="$FOLDER/last_scale_time"

get_avg_cpu() {
	if [ -n "$CPU_FILE" ]; then
		cat "$CPU_FILE"
		return
	fi
	local total=0
	local count=0
	for container in $(lxc list -c n --format csv | grep "^botserver-"); do
		cpu=$(lxc exec $container -- cat /proc/loadavg | awk '{print $1}')
		total=$(echo "$total + $cpu" | bc)
		count=$((count + 1))
	done
	echo "scale=2; $total / $count * 100" | bc
}

get_instance_count() {
	lxc list -c n --format csv | grep -c "^botserver-"
}

can_scale() {
	if [ ! -f "$LAST_SCALE_FILE" ]; then
		return 0
	fi
	last_scale=$(cat "$LAST_SCALE_FILE")
	now=$(date +%s)
	diff=$((now - last_scale))
	[ $diff -gt $SCALE_COOLDOWN ]
}

scale_up() {
	current=$(get_instance_count)
	if [ $current -ge $MAX_INSTANCES ]; then
		echo "Already at max instances ($MAX_INSTANCES)"
		return 1
	fi
	new_id=$((current + 1))
	echo "Scaling up: creating botserver-$new_id"
	lxc launch $IMAGE botserver-$new_id -c raw.lxc="$MASK"
	lxc config set botserver-$new_id limits.cpu.allowance $CPU_ALLOWANCE
	lxc config set botserver-$new_id limits.memory 8GB
	# Copy configuration
	lxc file push "$FOLDER/botserver.env" botserver-$new_id/opt/gbo/conf/
	# Start botserver
	lxc exec botserver-$new_id -- /opt/gbo/bin/botserver &
	# Update load balancer
	update_load_balancer
	date +%s > "$LAST_SCALE_FILE"
	echo "Scale up complete"
}

scale_down() {
	current=$(get_instance_count)
	if [ $current -le $MIN_INSTANCES ]; then
		echo "Already at min instances ($MIN_INSTANCES)"
		return 1
	fi
	# Remove highest numbered instance
	target="botserver-$current"
	echo "Scaling down: removing $target"
	# Drain connections
	lxc exec $target -- /opt/gbo/bin/botserver drain
	sleep ${DRAIN_SECONDS:-30}
	# Stop and delete
	lxc stop $target
	lxc delete $target
	# Update load balancer
	update_load_balancer
	date +%s > "$LAST_SCALE_FILE"
	echo "Scale down complete"
}

update_load_balancer() {
	# Generate upstream list
	upstreams=""
	for container in $(lxc list -c n --format csv | grep "^botserver-"); do
		ip=$(lxc list $container -c 4 --format csv | cut -d' ' -f1)
		upstreams="$upstreams"$'\n'" to $ip:8080"
	done
	# Update Caddy config
	cat > "$FOLDER/upstream.conf" << EOF
$upstreams
lb_policy round_robin
health_uri /api/health
health_interval ${HEALTH_INTERVAL:-10s}
EOF
	# Reload Caddy
	"$CADDY" reload --config "$FOLDER/Caddyfile" --adapter caddyfile --address "$CADDY_ADMIN"
}

if [ -n "$1" ]; then
	"$1"
	exit
fi

# Main loop
while true; do
	avg_cpu=$(get_avg_cpu)
	echo "Average CPU: $avg_cpu%"
	if can_scale; then
		if (( $(echo "$avg_cpu > $CPU_THRESHOLD" | bc -l) )); then
			scale_up
		elif (( $(echo "$avg_cpu < 30" | bc -l) )); then
			scale_down
		fi
	fi
	sleep ${CHECK_INTERVAL:-30}
done
