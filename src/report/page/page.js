// Draws the charts of a page from its data, with Chart.js. What is in a chart is made in src/report/chart.cpp.
'use strict';

(() => {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    let printing = false;

    // Okabe and Ito's colours, which colour-blind readers can tell apart; lighter where the page is dark.
    const palettes = {
        light: {
            series: ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#b58900', '#3a9bd9', '#4d4d4d'],
            ink: '#1c2024', soft: '#56606b', grid: '#e3e7eb', paper: '#ffffff', mark: '#6b2fa0',
        },
        dark: {
            series: ['#56b4e9', '#f08a3c', '#2fc79a', '#e29cc5', '#e6c229', '#8fb8ff', '#c8ced4'],
            ink: '#e6e9ec', soft: '#a3adb8', grid: '#2c3238', paper: '#14171a', mark: '#c9a4f0',
        },
    };
    const dashes = [[], [7, 3], [2, 3], [10, 3, 2, 3], [5, 2], [12, 5], [1, 4]];
    const shapes = ['circle', 'rect', 'triangle', 'rectRot', 'star', 'crossRot', 'circle'];
    const rowHeight = 30, chartHeight = 280, fullPrintWidth = 660;
    const markHeight = 15, mostMarkLines = 4;
    const longestLabel = 26, longestMark = 44;

    const palette = () => palettes[dark.matches && !printing ? 'dark' : 'light'];
    const colourOf = (number) => palette().series[number % palette().series.length];
    const faded = (colour, share) => colour + Math.round(255 * share).toString(16).padStart(2, '0');

    const numberText = (value) => {
        if (value === null || value === undefined || Number.isNaN(value)) return 'not known';
        const size = Math.abs(value);
        if (size >= 1e7 || (size > 0 && size < 1e-4)) return value.toExponential(2);
        return value.toLocaleString('en', size >= 1000 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 4 });
    };
    const shortened = (text, most = longestLabel) => text.length > most ? text.slice(0, most - 1) + '…' : text;

    // One point of the data: [x, y, low, high, note].
    const read = ([x, y, low = null, high = null, note = '']) => ({ x, y, low, high, note });

    const lines = {
        line: (s, chart, colour) => ({
            borderColor: colour, borderDash: dashes[s.colour % dashes.length], borderWidth: 2, showLine: true,
            pointRadius: chart.x.labels ? 4 : 0, pointHitRadius: 6, pointHoverRadius: 5,
        }),
        step: (s, chart, colour) => ({ ...lines.line(s, chart, colour), stepped: 'before' }),
        dots: (s, chart, colour) => ({ pointRadius: 4, backgroundColor: faded(colour, 0.55), borderColor: colour }),
        crosses: (s, chart, colour) => ({
            pointRadius: 6, pointStyle: 'crossRot', borderWidth: 2, borderColor: colour,
        }),
        ticks: (s, chart, colour) => ({
            pointRadius: 13, pointHoverRadius: 14, pointStyle: 'line', pointRotation: 90, borderWidth: 3, borderColor: colour,
        }),
        intervals: (s, chart, colour) => ({
            pointRadius: 5, backgroundColor: colour, borderColor: colour, intervals: true,
        }),
    };

    const pointsSeries = (s, chart, colour) => ({
        type: 'scatter', pointStyle: shapes[s.colour % shapes.length], backgroundColor: colour, ...lines[s.kind](s, chart, colour),
        data: s.points.map(read).map((p) => ({ ...p, y: chart.rows ? String(p.y) : p.y })),
    });

    // Bars that begin at 0 stand beside each other; spans of a row lie on top of each other.
    const barSeries = (s, chart, colour) => ({
        type: 'bar', backgroundColor: faded(colour, s.kind === 'bars' ? 0.75 : 1), borderColor: colour, borderWidth: 1,
        grouped: s.kind === 'bars', borderSkipped: false, maxBarThickness: 26, minBarLength: 2,
        data: s.points.map(read).map((p) => ({ ...p, x: s.kind === 'bars' ? p.x : [p.low, p.high], y: String(p.y) })),
    });

    const dataset = (s, chart, index) => {
        const colour = colourOf(s.colour);
        const out = s.kind === 'bars' || s.kind === 'spans' ? barSeries(s, chart, colour) : pointsSeries(s, chart, colour);
        // The lowest is drawn last: points on bars, and later spans on earlier ones.
        const order = { bars: 1000, spans: 1000 - index }[s.kind] ?? index;
        return { ...out, label: s.label, order };
    };

    const roomForMarks = (chart) => 4 + markHeight * Math.min(mostMarkLines, chart.marks.length);

    const heightOf = (chart) => {
        if (!chart.rows) return chartHeight + roomForMarks(chart);
        const besides = chart.series.filter((s) => s.kind === 'bars').length;
        const each = rowHeight * Math.max(1, besides) * (chart.y.labels.length > 20 ? 0.8 : 1);
        return Math.max(160, 110 + roomForMarks(chart) + each * chart.y.labels.length);
    };

    // The least and the greatest value, with what intervals reach.
    const reach = (chart) => {
        const all = chart.series.flatMap((s) => s.points.flatMap(([x, , low, high]) => [x, low, high]))
            .concat(chart.marks.map((m) => m.at)).filter((v) => typeof v === 'number');
        return [Math.min(...all), Math.max(...all)];
    };

    const scaleOf = (axis) => ({
        type: axis.log ? 'logarithmic' : 'linear',
        ...(axis.log ? { afterBuildTicks: logTicks } : {}),
        title: { display: axis.title !== '', text: axis.title, color: palette().soft },
        grid: { color: palette().grid, borderColor: palette().soft },
        ticks: { color: palette().soft, maxRotation: 0, autoSkipPadding: 12 },
    });

    // A logarithmic axis says a few values of each power of ten, or, where it spans less than one, a few round ones.
    const logTicks = (scale) => {
        const decades = Math.log10(scale.max / scale.min);
        const leads = decades > 4 ? [1] : decades > 1.2 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 7];
        const out = [];
        if (decades < 0.5) {
            const rough = (scale.max - scale.min) / 5, power = 10 ** Math.floor(Math.log10(rough));
            const step = power * [1, 2, 5, 10].find((s) => s * power >= rough);
            for (let v = Math.ceil(scale.min / step) * step; v <= scale.max; v += step) out.push(v);
        } else {
            for (let p = Math.floor(Math.log10(scale.min)); 10 ** p <= scale.max; ++p)
                out.push(...leads.map((lead) => lead * 10 ** p).filter((v) => v >= scale.min && v <= scale.max));
        }
        scale.ticks = out.map((value) => ({ value }));
    };

    const xAxis = (chart) => {
        const out = { ...scaleOf(chart.x), position: 'bottom' };
        if (chart.x.labels) {
            Object.assign(out, { min: -0.3, max: chart.x.labels.length - 0.7 });
            out.afterBuildTicks = (scale) => { scale.ticks = chart.x.labels.map((_, i) => ({ value: i })); };
            out.ticks.callback = (value) => shortened(chart.x.labels[value] ?? '');
            return out;
        }
        Object.assign(out.ticks, { callback: (value) => numberText(value), includeBounds: false });
        const [least, most] = reach(chart);
        if (chart.rows && !chart.x.log) {
            const zero = chart.series.some((s) => s.kind === 'bars' || s.kind === 'spans');
            const room = (most - least) * 0.06 || Math.abs(most) * 0.05 || 1;
            out.suggestedMin = zero ? Math.min(0, least) : least - room;
            out.suggestedMax = most + room;
        } else if (chart.rows || chart.x.log) {
            out.min = least / 1.04;
            out.max = most * 1.04;
        } else {
            const lines = chart.series.some((s) => s.kind === 'line' || s.kind === 'step');
            out.min = Math.min(0, least);
            out.max = lines ? most : most * 1.05;
        }
        return out;
    };

    const yAxis = (chart) => {
        if (chart.rows)
            return {
                type: 'category', labels: chart.y.labels.map((_, i) => String(i)), offset: true,
                grid: { color: palette().grid, borderColor: palette().soft },
                ticks: { color: palette().ink, autoSkip: false, callback: (value) => shortened(chart.y.labels[value]) },
            };
        const out = scaleOf(chart.y);
        Object.assign(out.ticks, { callback: (value) => numberText(value), includeBounds: false });
        const { least, most } = chart.y;
        if (typeof least === 'number') out.min = least;
        if (typeof most === 'number') out.max = most;
        const values = chart.series.flatMap((s) => s.points.map((p) => p[1])).filter((v) => typeof v === 'number');
        if (!chart.y.log && !values.some((v) => v < 0)) out.min = 0;
        if (!values.some((v) => v !== 0)) out.suggestedMax = 1;
        return out;
    };

    const valueText = (chart, p, kind) => {
        const unit = chart.rows ? chart.x.title : chart.y.title;
        const value = chart.rows ? p.x : p.y;
        const range = p.low !== null && p.high !== null ? `${numberText(p.low)} to ${numberText(p.high)}` : '';
        const text = kind === 'spans' ? range : numberText(value) + (range ? ` (${range})` : '');
        return `${text} ${unit}${p.note ? ', ' + p.note : ''}`;
    };

    const tooltipOf = (chart) => ({
        backgroundColor: palette().ink, titleColor: palette().paper, bodyColor: palette().paper, padding: 8,
        callbacks: {
            title: (items) => {
                if (items.length === 0) return '';
                const p = items[0].raw;
                if (chart.rows) return chart.y.labels[Number(p.y)];
                return chart.x.labels ? chart.x.labels[p.x] : `${numberText(p.x)} ${chart.x.title}`;
            },
            label: (item) => {
                const s = chart.series[item.datasetIndex];
                return `${s.label}: ${valueText(chart, read(s.points[item.dataIndex]), s.kind)}`;
            },
        },
    });

    // A legend has one width for all of its signs, which would stretch these.
    const unstretched = (shape, fill, line) => {
        const out = document.createElement('canvas'), size = 12;
        out.width = out.height = size;
        const ctx = out.getContext('2d');
        if (shape === 'circle') ctx.arc(size / 2, size / 2, 4, 0, 2 * Math.PI);
        else ctx.rect(2, 2, size - 4, size - 4);
        Object.assign(ctx, { fillStyle: fill, strokeStyle: line });
        ctx.fill();
        ctx.stroke();
        return out;
    };
    const signOf = (set) => {
        if (set.type === 'bar') return 'rect';
        if (set.showLine) return 'line';
        const stretches = set.pointStyle === 'circle' || set.pointStyle === 'rect';
        return stretches ? unstretched(set.pointStyle, set.backgroundColor, set.borderColor) : set.pointStyle;
    };
    const legendLook = (set) => ({
        pointStyle: signOf(set), rotation: 0,
        fillStyle: set.backgroundColor ?? set.borderColor, strokeStyle: set.borderColor, lineDash: set.borderDash ?? [],
        lineWidth: 2,
    });

    const legendOf = () => ({
        position: 'bottom', align: 'start',
        labels: {
            color: palette().ink, usePointStyle: true, pointStyleWidth: 22, boxHeight: 8, font: { size: 12 },
            generateLabels: (drawn) => Chart.defaults.plugins.legend.labels.generateLabels(drawn).map((l) => ({
                ...l, ...legendLook(drawn.data.datasets[l.datasetIndex]), text: shortened(l.text), fontColor: palette().ink,
            })),
        },
    });

    // Vertical lines with their names, and the intervals of points.
    const marks = {
        id: 'marks',
        afterDatasetsDraw(drawn) {
            const chart = drawn.pipebench;
            drawIntervals(drawn);
            const taken = [];
            for (const mark of chart.marks) drawMark(drawn, mark, taken);
        },
    };

    const drawIntervals = (drawn) => {
        const { ctx, chartArea, scales } = drawn;
        ctx.save();
        ctx.beginPath();
        ctx.rect(chartArea.left, chartArea.top, chartArea.width, chartArea.height);
        ctx.clip();
        drawn.data.datasets.forEach((set, i) => {
            if (!set.intervals || !drawn.isDatasetVisible(i)) return;
            ctx.strokeStyle = set.borderColor;
            ctx.lineWidth = 2;
            drawn.getDatasetMeta(i).data.forEach((element, j) => {
                const p = set.data[j];
                if (p.low === null || p.high === null) return;
                const low = scales.x.getPixelForValue(p.low), high = scales.x.getPixelForValue(p.high);
                ctx.beginPath();
                ctx.moveTo(low, element.y);
                ctx.lineTo(high, element.y);
                for (const end of [low, high]) {
                    ctx.moveTo(end, element.y - 5);
                    ctx.lineTo(end, element.y + 5);
                }
                ctx.stroke();
            });
        });
        ctx.restore();
    };

    // Names stand above the chart, and above each other where they would overlap.
    const drawMark = (drawn, mark, taken) => {
        const { ctx, chartArea, scales } = drawn;
        const x = scales.x.getPixelForValue(mark.at);
        if (!Number.isFinite(x) || x < chartArea.left - 1 || x > chartArea.right + 1) return;
        ctx.save();
        ctx.strokeStyle = ctx.fillStyle = palette().mark;
        ctx.lineWidth = 1.5;
        ctx.setLineDash([4, 3]);
        ctx.beginPath();
        ctx.moveTo(x, chartArea.top);
        ctx.lineTo(x, chartArea.bottom);
        ctx.stroke();
        ctx.setLineDash([]);
        ctx.font = '11px system-ui, sans-serif';
        const text = shortened(mark.text, longestMark);
        const width = ctx.measureText(text).width + 10;
        const left = Math.max(2, Math.min(x - 3, drawn.width - width));
        let line = 0;
        while (taken.some((t) => t.line === line && left < t.right && t.left < left + width)) ++line;
        taken.push({ line, left, right: left + width });
        if (line < mostMarkLines) {
            const bottom = chartArea.top - 3 - markHeight * line;
            ctx.beginPath();
            ctx.moveTo(x, chartArea.top);
            ctx.lineTo(x, bottom);
            ctx.stroke();
            ctx.textBaseline = 'bottom';
            ctx.fillText(text, left + 5, bottom);
        }
        ctx.restore();
    };

    const configuration = (chart) => ({
        type: 'scatter',
        data: { datasets: chart.series.map((s, i) => dataset(s, chart, i)) },
        options: {
            indexAxis: chart.rows ? 'y' : 'x', maintainAspectRatio: false, responsive: true, animation: false,
            normalized: false, locale: 'en', layout: { padding: { top: roomForMarks(chart), right: 8 } },
            interaction: { mode: 'nearest', axis: chart.rows ? 'y' : 'x', intersect: false },
            scales: { x: xAxis(chart), y: yAxis(chart) },
            plugins: { legend: legendOf(), tooltip: tooltipOf(chart), decimation: { enabled: false } },
        },
        plugins: [marks],
    });

    const draw = (chart, canvas) => {
        const hidden = new Set();
        const before = Chart.getChart(canvas);
        if (before) {
            before.data.datasets.forEach((_, i) => before.isDatasetVisible(i) || hidden.add(i));
            before.destroy();
        }
        canvas.closest('figure').hidden = false;
        canvas.parentElement.style.height = `${heightOf(chart)}px`;
        const settings = configuration(chart);
        settings.plugins.unshift({ id: 'own', beforeInit: (drawn) => { drawn.pipebench = chart; } });
        const drawn = new Chart(canvas, settings);
        for (const i of hidden) drawn.hide(i);
    };

    const data = JSON.parse(document.getElementById('data').textContent);
    const drawAll = () => data.charts.forEach((chart, i) => draw(chart, document.getElementById(`chart-${i}`)));

    Chart.defaults.font.family = 'system-ui, sans-serif';
    drawAll();
    dark.addEventListener('change', drawAll);
    addEventListener('beforeprint', () => {
        printing = true;
        drawAll();
        for (const canvas of document.querySelectorAll('canvas'))
            Chart.getChart(canvas).resize(fullPrintWidth, canvas.parentElement.clientHeight);
    });
    addEventListener('afterprint', () => {
        printing = false;
        drawAll();
    });
})();
